"""`python -m cli` is `cicerone`."""

from cli.main import run

run()
