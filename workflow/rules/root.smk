"""Where this workflow lies, so that its package and its tables are found."""

import os
import shutil
import sys
import tempfile
from pathlib import Path


def root_of(rules_folder):
    """Where this workflow lies: not workflow.basedir, which is the folder of one that imports it."""
    if rules_folder.is_local:
        return Path(rules_folder.get_path_or_uri(secret_free=True)).parents[1]
    # Of github(...) Snakemake has each file apart; packages and tables need folders.
    hosted = rules_folder.hosted_repo
    commit = hosted.repo.commit(rules_folder.ref).hexsha
    folder = hosted.repo_clone.with_name(f"{hosted.repo_clone.name}-{commit}")
    if not folder.exists():  # jobs of a cluster may come here at the same time
        partial = tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent)
        hosted.repo.git.worktree("add", "--force", "--detach", partial, commit)
        try:
            os.rename(partial, folder)
        except OSError:  # another was first
            shutil.rmtree(partial)
    return folder


ROOT = root_of(workflow.current_basedir)
for folder in (ROOT, ROOT / "workflow/schemas"):
    sys.path.insert(0, str(folder))
