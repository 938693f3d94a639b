"""Alignment methods: one file each, holding a function of the same name.

Each is called as ``method(features, targets)`` with features (n, p) of the model's region and
targets (n, q) of the same n stimuli, and returns a scalar loss tensor: lower is more alike.

A method may take keyword-only options as well, such as the `form` of `cka`. A condition gives them
by name under ``options`` and training binds them once: ``functools.partial(method, **options)``.
"""

import sys

from italign.plugins import functions_by_file

METHODS = functions_by_file(sys.modules[__name__])
globals().update(METHODS)
