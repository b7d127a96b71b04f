"""`python3 -m scar_runtime < event.json`: the runtime by hand."""

import sys

from scar_runtime.entrypoint import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
