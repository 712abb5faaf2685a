"""``python -m dx_py.driver.dxc``: what the program ``dxc`` runs."""

from __future__ import annotations

import sys

from dx_py.driver.dxc.command import main

if __name__ == "__main__":
    sys.exit(main())
