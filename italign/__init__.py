"""From raw voltage of primate visual cortex to brain-aligned vision models.

Rooms: the six stages (`stimuli`, `recordings`, `assemblies`, `training`, `evaluation`, `figures`),
`models` (networks), `alignment` (one file per neural loss) and `io` (contracts of the files
between stages). Nothing here knows of Snakemake, of paths, or of the config.
"""

__version__ = "0.1.0"
