"""`python -m w2vfast` is the same as the command `w2vfast`."""

import sys

from w2vfast.cli.start import main

if __name__ == "__main__":
    sys.exit(main())
