"""``python -m services.cli`` is ``flywheel``."""

from services.cli.main import main

main()
