"""valkey-py: the checks of checks.py."""
import valkey

import checks

checks.main(valkey, valkey.Valkey)
