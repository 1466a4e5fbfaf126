// ioredis: the checks of checks.js.
"use strict";
const { Redis, ReplyError } = require("ioredis");
require("./checks")(require("./ioredis_family")(Redis, ReplyError, (protocol) => ({ protocol })));
