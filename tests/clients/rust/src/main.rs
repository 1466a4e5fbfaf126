//! redis-rs, asynchronous with tokio: the list of checks. A connection is multiplexed, so the pool is as many of them;
//! the connection manager is the library's connection that comes back after it was lost.
//!
//! Called as: redis_rs PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS.
//! Prints one line a check: `ok NAME` or `FAIL NAME: reason`.

use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::{AsyncCommands, Client, ErrorKind, RedisError, RedisResult, ServerErrorKind, SetExpiry, SetOptions};
use std::collections::BTreeSet;
use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Barrier;
use tokio::time::{sleep, timeout};

const POOL: usize = 50;
const CHECK_TIME: Duration = Duration::from_secs(15);

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Ends the check with a reason unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($reason:tt)+) => {
        if !$condition {
            return Err(format!($($reason)+).into());
        }
    };
}

struct Checks {
    protocol: u8,
    port: u16,
    auth_port: u16,
    password: String,
    rounds: usize,
    main: ConnectionManager,
}

fn binary() -> Vec<u8> {
    (0..=255).chain(*b"\r\n\0\r\n").collect()
}

fn client(protocol: u8, port: u16, db: u8, password: &str) -> RedisResult<Client> {
    let secret = if password.is_empty() { String::new() } else { format!(":{password}@") };
    Client::open(format!("redis://{secret}127.0.0.1:{port}/{db}?protocol=resp{protocol}"))
}

fn is_reply_error(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_))
}

impl Checks {
    async fn open(&self, port: u16, db: u8, password: &str) -> RedisResult<MultiplexedConnection> {
        client(self.protocol, port, db, password)?.get_multiplexed_async_connection().await
    }

    async fn client_info(connection: &mut MultiplexedConnection) -> RedisResult<String> {
        redis::cmd("CLIENT").arg("INFO").query_async(connection).await
    }

    async fn client_id(&mut self) -> RedisResult<i64> {
        redis::cmd("CLIENT").arg("ID").query_async(&mut self.main).await
    }

    async fn connect(&mut self) -> Outcome {
        let pong: String = self.main.ping().await?;
        ensure!(pong == "PONG", "PING: {pong}");
        let info: String = redis::cmd("CLIENT").arg("INFO").query_async(&mut self.main).await?;
        ensure!(info.contains(&format!(" resp={}", self.protocol)), "protocol in {info}");
        ensure!(info.contains(" db=0 "), "database in {info}");
        Ok(())
    }

    async fn binary_value(&mut self) -> Outcome {
        let () = self.main.set_ex("binary", binary(), 100).await?;
        let value: Vec<u8> = self.main.get("binary").await?;
        ensure!(value == binary(), "GET differs");
        let left: i64 = self.main.ttl("binary").await?;
        ensure!((1..=100).contains(&left), "TTL {left}");
        let large = binary().repeat(4000);
        let () = self.main.set("large", &large).await?;
        let value: Vec<u8> = self.main.get("large").await?;
        ensure!(value == large, "GET of a large value differs");
        Ok(())
    }

    async fn expiry(&mut self) -> Outcome {
        let options = SetOptions::default().with_expiration(SetExpiry::PX(500));
        let () = self.main.set_options("short", "v", options).await?;
        let before: Option<String> = self.main.get("short").await?;
        sleep(Duration::from_millis(600)).await;
        let after: Option<String> = self.main.get("short").await?;
        ensure!(before.as_deref() == Some("v") && after.is_none(), "GET before and after: {before:?}, {after:?}");
        Ok(())
    }

    async fn mset_mget(&mut self) -> Outcome {
        let () = self.main.mset(&[("m1", b"a".to_vec()), ("m2", binary()), ("m3", Vec::new())]).await?;
        let values: Vec<Option<Vec<u8>>> = self.main.mget(&["m1", "missing", "m2", "m3"]).await?;
        ensure!(values == [Some(b"a".to_vec()), None, Some(binary()), Some(Vec::new())], "MGET: {values:?}");
        Ok(())
    }

    async fn incr(&mut self) -> Outcome {
        let first: i64 = self.main.incr("n", 1).await?;
        let second: i64 = redis::cmd("INCR").arg("n").query_async(&mut self.main).await?;
        ensure!((first, second) == (1, 2), "INCR twice: {first}, {second}");
        let sum: i64 = self.main.incr("n", 40).await?;
        ensure!(sum == 42, "INCRBY: {sum}");
        let less: i64 = redis::cmd("DECR").arg("n").query_async(&mut self.main).await?;
        let text: String = self.main.get("n").await?;
        ensure!(less == 41 && text == "41", "DECR and GET: {less}, {text}");
        Ok(())
    }

    async fn expire_ttl(&mut self) -> Outcome {
        let () = self.main.set("e", "v").await?;
        let (missing, none): (i64, i64) = (self.main.ttl("missing").await?, self.main.ttl("e").await?);
        ensure!((missing, none) == (-2, -1), "TTL without one: {missing}, {none}");
        let set: bool = self.main.expire("e", 50).await?;
        let left: i64 = self.main.ttl("e").await?;
        ensure!(set && (48..=50).contains(&left), "EXPIRE and TTL: {set}, {left}");
        let cleared: bool = self.main.persist("e").await?;
        let left: i64 = self.main.ttl("e").await?;
        ensure!(cleared && left == -1, "PERSIST and TTL: {cleared}, {left}");
        let set: bool = self.main.expire("missing", 50).await?;
        ensure!(!set, "EXPIRE of a missing key");
        Ok(())
    }

    async fn pipeline(&mut self) -> Outcome {
        let mut pipeline = redis::pipe();
        for i in 0..500 {
            pipeline.set(format!("pipe:{i}"), i).get(format!("pipe:{i}"));
        }
        let replies: Vec<String> = pipeline.query_async(&mut self.main).await?;
        let wanted: Vec<String> = (0..500).flat_map(|i| ["OK".to_string(), i.to_string()]).collect();
        ensure!(replies == wanted, "{} replies, or not in order", replies.len());
        Ok(())
    }

    async fn pool(&mut self) -> Outcome {
        let (connected, released) = (Arc::new(Barrier::new(POOL + 1)), Arc::new(Barrier::new(POOL + 1)));
        let mut tasks = Vec::new();
        for number in 0..POOL {
            let mut connection = self.open(self.port, 0, "").await?;
            let (connected, released, rounds) = (connected.clone(), released.clone(), self.rounds);
            tasks.push(tokio::spawn(async move {
                connected.wait().await;
                released.wait().await;
                let key = format!("pool:{number}");
                for i in 0..rounds {
                    let _: i64 = connection.incr("pool:sum", 1).await?;
                    let () = connection.set(&key, i).await?;
                    let own: usize = connection.get(&key).await?;
                    ensure!(own == i, "own key {key}: {own}, wanted {i}");
                }
                Ok(()) as Outcome
            }));
        }
        connected.wait().await;
        let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut self.main).await?;
        released.wait().await;
        for task in tasks {
            task.await??;
        }
        let count = clients.trim().lines().count();
        ensure!(count >= POOL, "only {count} connections at once");
        let sum: usize = self.main.get("pool:sum").await?;
        ensure!(sum == POOL * self.rounds, "sum of all increments: {sum}");
        Ok(())
    }

    async fn scan_all(&mut self, pattern: &str) -> RedisResult<BTreeSet<String>> {
        let options = redis::ScanOptions::default().with_pattern(pattern).with_count(100);
        let mut keys = BTreeSet::new();
        let mut iterator = self.main.scan_options::<String>(options).await?;
        while let Some(key) = iterator.next_item().await {
            keys.insert(key?);
        }
        Ok(keys)
    }

    async fn scan(&mut self) -> Outcome {
        let () = redis::cmd("FLUSHDB").query_async(&mut self.main).await?;
        let keys: BTreeSet<String> = (0..1500).map(|i| format!("scan:{i}")).collect();
        let () = self.main.mset(&keys.iter().map(|key| (key, "v")).collect::<Vec<_>>()).await?;
        let found = self.scan_all("*").await?;
        ensure!(found == keys, "all keys: {} found", found.len());
        let matching = self.scan_all("scan:1*").await?.len();
        ensure!(matching == 611, "keys that match scan:1*: {matching}");
        Ok(())
    }

    async fn error_reply(&mut self) -> Outcome {
        let () = self.main.set("text", "abc").await?;
        let result: RedisResult<i64> = self.main.incr("text", 1).await;
        let error = result.err().ok_or("INCR of a text did not fail")?;
        let right = error.kind() == ErrorKind::Server(ServerErrorKind::ResponseError);
        ensure!(right, "kind {:?}", error.kind());
        ensure!(error.detail() == Some("value is not an integer or out of range"), "error text {error}");
        let text: String = self.main.get("text").await?;
        ensure!(text == "abc", "GET after the error: {text}");
        Ok(())
    }

    async fn reconnect(&mut self) -> Outcome {
        let mut admin = self.open(self.port, 0, "").await?;
        let before = self.client_id().await?;
        let killed: i64 = redis::cmd("CLIENT").arg("KILL").arg("ID").arg(before).query_async(&mut admin).await?;
        ensure!(killed == 1, "CLIENT KILL ID: {killed}");
        let began = Instant::now();
        loop {
            let result: RedisResult<String> = self.main.get("text").await;
            match result {
                Ok(text) => {
                    ensure!(text == "abc", "GET after the kill: {text}");
                    break;
                }
                Err(error) => {
                    let late = began.elapsed() > Duration::from_secs(5);
                    ensure!(!late && !is_reply_error(&error), "GET after the kill: {error}");
                    sleep(Duration::from_millis(20)).await;
                }
            }
        }
        ensure!(self.client_id().await? != before, "the connection was not killed");
        Ok(())
    }

    async fn select(&mut self) -> Outcome {
        let mut other = self.open(self.port, 5, "").await?;
        let () = other.set("only:5", "v").await?;
        let info = Self::client_info(&mut other).await?;
        ensure!(info.contains(" db=5 "), "database in {info}");
        let size: i64 = redis::cmd("DBSIZE").query_async(&mut other).await?;
        let elsewhere: i64 = self.main.exists("only:5").await?;
        ensure!((size, elsewhere) == (1, 0), "keys of databases 5 and 0: {size}, {elsewhere}");
        Ok(())
    }

    async fn auth(&mut self) -> Outcome {
        let mut secured = self.open(self.auth_port, 0, &self.password).await?;
        let () = secured.set("a", "b").await?;
        let value: String = secured.get("a").await?;
        ensure!(value == "b", "GET: {value}");
        Ok(())
    }

    async fn get_secured(&self, password: &str) -> RedisResult<Option<String>> {
        self.open(self.auth_port, 0, password).await?.get("a").await
    }

    async fn auth_refused(&mut self) -> Outcome {
        let wrong = self.get_secured("wrong").await.err().ok_or("a wrong password was accepted")?;
        // In RESP2 the library says AuthenticationFailed in place of the server's text.
        let right = wrong.kind() == ErrorKind::AuthenticationFailed || wrong.code() == Some("WRONGPASS");
        ensure!(right, "wrong password: {wrong}");
        let none = self.get_secured("").await.err().ok_or("no password was accepted")?;
        ensure!(none.code() == Some("NOAUTH"), "no password: {none}");
        Ok(())
    }

    async fn close(&mut self) -> Outcome {
        let row = format!("id={} ", self.client_id().await?);
        let admin = ConnectionManager::new(client(self.protocol, self.port, 0, "")?).await?;
        drop(std::mem::replace(&mut self.main, admin)); // Dropping is how this library closes.
        let began = Instant::now();
        loop {
            let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut self.main).await?;
            if !clients.lines().any(|line| line.starts_with(&row)) {
                return Ok(());
            }
            ensure!(began.elapsed() < Duration::from_secs(5), "the server still lists the closed connection");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn report(name: &str, check: impl Future<Output = Outcome>) {
    let failure = match timeout(CHECK_TIME, check).await {
        Ok(Ok(())) => return println!("ok {name}"),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no result within {CHECK_TIME:?}"),
    };
    let words: Vec<&str> = failure.split_whitespace().collect();
    println!("FAIL {name}: {}", words.join(" "));
}

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().collect();
    let (protocol, port) = (arguments[1].parse()?, arguments[2].parse()?);
    let mut main = ConnectionManager::new(client(protocol, port, 0, "")?).await?;
    let () = redis::cmd("FLUSHALL").query_async(&mut main).await?;
    let (auth_port, rounds) = (arguments[3].parse()?, arguments[5].parse()?);
    let mut checks = Checks { protocol, port, auth_port, password: arguments[4].clone(), rounds, main };
    macro_rules! run {
        ($($name:ident)+) => { $(report(stringify!($name), checks.$name()).await;)+ };
    }
    run!(connect binary_value expiry mset_mget incr expire_ttl pipeline pool scan error_reply reconnect select auth
         auth_refused close);
    Ok(())
}
