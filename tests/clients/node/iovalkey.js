// iovalkey: the checks of checks.js. It has no option for RESP3.
"use strict";
const { Redis, ReplyError } = require("iovalkey");
require("./checks")(require("./ioredis_family")(Redis, ReplyError, () => ({})));
