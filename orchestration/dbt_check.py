"""`python -m orchestration.dbt_check`: parses the dbt project in a scratch folder; exit 1 with dbt's words."""

import sys
import tempfile
from pathlib import Path

from orchestration.dbt_runner import DbtProject
from orchestration.settings import Settings


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        project = DbtProject(Settings(home=Path(folder)))
        try:
            project.parse()
        except RuntimeError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
