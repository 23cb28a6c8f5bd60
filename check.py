"""Everything that must hold before a change lands: lint, types, the import contract, doctests and tests."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

STEPS = (
    ("lint", "ruff", "check", "."),
    ("format", "ruff", "format", "--check", "."),
    ("types", "mypy"),
    ("import contract", "lint-imports"),
    (
        "doctests and tests",
        "pytest",
        "-n",
        str(os.cpu_count() or 1),
        "--dist",
        "loadgroup",
        *sys.argv[1:],
    ),
)


def main() -> int:
    """Run each step, say how long it took, and fail if one failed."""
    failed = []
    tools = str(Path(sys.executable).parent)
    for name, tool, *arguments in STEPS:
        print(f"-- {name}", flush=True)
        start = time.perf_counter()
        run = subprocess.run([shutil.which(tool, path=tools) or tool, *arguments], check=False)
        print(f"   {'failed' if run.returncode else 'passed'} in {time.perf_counter() - start:.0f} s", flush=True)
        if run.returncode:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
