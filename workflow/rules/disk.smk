"""Before anything else: can this run write? If not, one line instead of Snakemake's tracebacks."""

import logging

from italign.disk import unwritable

# Snakemake's own log may lie on the full disk: a traceback for each message would bury the line.
if workflow.modifier.is_main_snakefile():
    logging.raiseExceptions = False


def refuse_unwritable(folder):
    """Stop where nothing can be written."""
    problem = unwritable(folder)
    if problem:
        raise WorkflowError(problem)


def warn_of_unwritable(folder):
    """Say that nothing can be written: whoever only plans or reads goes on."""
    problem = unwritable(folder)
    if problem:
        logger.warning(problem)


# Where Snakemake keeps its records, whatever it is asked to do. Workflows that import this one have
# no more than this: Snakemake does not take over handlers of modules.
refuse_unwritable(".snakemake")


# Before the first job. Snakemake may stop earlier, at outputs that it may not overwrite; then the
# warning has told why.
onstart:
    refuse_unwritable(RESULTS)
    spare_a_core()


# A disk that filled up on the way stops Snakemake itself in ways that name no cause.
onerror:
    full = unwritable(RESULTS) or unwritable(".snakemake")
    if full:
        logger.error(full)
