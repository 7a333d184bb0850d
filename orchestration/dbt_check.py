"""`python -m orchestration.dbt_check`: compiles the dbt project in a scratch folder and plans a build of it.

Exit 1 with what is wrong.
"""

import sys
import tempfile
from pathlib import Path

from orchestration.dbt_plan import NotPlanned, plan_of
from orchestration.dbt_runner import DbtProject
from orchestration.settings import DBT_PROJECT, Settings


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        project = DbtProject(Settings(home=Path(folder)))
        try:
            project.manifest()
            plan_of(project.manifest(), DBT_PROJECT)
        except (RuntimeError, NotPlanned) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
