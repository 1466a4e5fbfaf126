"""redis-py: the checks of checks.py."""
import redis

import checks

checks.main(redis, redis.Redis)
