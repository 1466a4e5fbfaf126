# Sidekiq (and the redis gem, both Debian's): jobs that a Sidekiq process of its own works off.
#
# Called as: sidekiq_jobs.rb PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS; the Sidekiq process loads the jobs from here.
require "sidekiq"
require "sidekiq/api"
require "timeout"

Redis.silence_deprecations = true # Sidekiq calls what this version of the gem warns of.

CHECK_SECONDS = 15
URL = ENV["SIDEKIQ_URL"] ||= "redis://127.0.0.1:#{ARGV[1]}/0"
Sidekiq.configure_client { |config| config.redis = { url: URL } }
Sidekiq.configure_server do |config|
  config.redis = { url: URL }
  config.options[:poll_interval_average] = 0.2
  config.logger.level = Logger::FATAL
end

# Counts its runs; fails as often as it is told, and goes on a moment later.
class Job
  include Sidekiq::Worker
  sidekiq_options retry: 3
  sidekiq_retry_in { 1 }

  def perform(name, failures = 0)
    run = Sidekiq.redis { |redis| redis.incr("ran:#{name}") }
    raise "attempt #{run}" if run <= failures
  end
end

class HopelessJob
  include Sidekiq::Worker
  sidekiq_options retry: 0

  def perform = raise("no good")
end

def expect(actual, wanted, what)
  raise "#{what}: got #{actual.inspect}, wanted #{wanted.inspect}" unless actual == wanted
end

def eventually(what)
  deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + CHECK_SECONDS
  until (value = yield)
    raise "never: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
    sleep 0.02
  end
  value
end

def runs(name) = Sidekiq.redis { |redis| redis.get("ran:#{name}") }.to_i

CHECKS = {
  process: -> { eventually("the process has registered") { Sidekiq::ProcessSet.new.size == 1 } },
  jobs: lambda {
    names = (0...ARGV[4].to_i * 5).map { |number| "job #{number}" }
    Job.perform_bulk(names.map { |name| [name] })
    eventually("all jobs ran") { names.all? { |name| runs(name).positive? } }
    expect(names.map { |name| runs(name) }.uniq, [1], "how often each job ran")
    expect([Sidekiq::Queue.new.size, Sidekiq::RetrySet.new.size], [0, 0], "waiting and failed jobs")
  },
  scheduled: lambda {
    began = Time.now
    Job.perform_in(1, "late")
    Job.perform_in(3600, "much later")
    expect([Sidekiq::ScheduledSet.new.size, runs("late")], [2, 0], "before its time")
    eventually("the job ran") { runs("late") == 1 }
    raise "ran after #{Time.now - began} s" if Time.now - began < 1
    expect(Sidekiq::ScheduledSet.new.map { |job| job.args[0] }, ["much later"], "scheduled jobs")
  },
  retry: lambda {
    id = Job.perform_async("lucky", 1)
    waiting = eventually("a retry waits") { Sidekiq::RetrySet.new.first }
    expect([waiting.jid, waiting["error_message"]], [id, "attempt 1"], "the job that waits")
    eventually("the job ran twice") { runs("lucky") == 2 }
    expect(Sidekiq::RetrySet.new.size, 0, "retries that wait")
  },
  dead: lambda {
    id = HopelessJob.perform_async
    dead = eventually("the job is dead") { Sidekiq::DeadSet.new.first }
    expect([dead.jid, dead["error_message"]], [id, "no good"], "the dead job")
  },
  delete: lambda {
    Job.perform_in(1, "deleted")
    expect(Sidekiq::ScheduledSet.new.select { |job| job.args[0] == "deleted" }.map(&:delete).size, 1, "deleted")
    sleep 1.5
    expect(runs("deleted"), 0, "runs of a deleted job")
  },
  # The process hears of it through the server, and is gone from the list.
  stop: lambda {
    Sidekiq::ProcessSet.new.first.stop!
    eventually("the process is gone") { Sidekiq::ProcessSet.new.size.zero? }
    expect(Sidekiq::Stats.new.failed, 2, "failures that it counted")
  },
}.freeze

if $PROGRAM_NAME == __FILE__
  spawn({ "SIDEKIQ_URL" => URL }, "sidekiq", "-r", File.expand_path(__FILE__), "-c", "5", "-t", "2")
  CHECKS.each do |name, body|
    Timeout.timeout(CHECK_SECONDS) { body.call }
    puts "ok #{name}"
  rescue StandardError, Timeout::Error => error
    puts "FAIL #{name}: #{error.class}: #{error.message.split.join(' ')}"
  ensure
    $stdout.flush
  end
end
