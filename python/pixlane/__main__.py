"""``python -m pixlane``: the same as the ``pixlane`` command."""

from pixlane.cli import main

if __name__ == "__main__":
    main()
