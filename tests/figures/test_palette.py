"""Colours of conditions: our copy of a colour map is seaborn's."""

import numpy as np
import seaborn
from matplotlib.colors import to_hex

from italign.figures.rocket import ROCKET


def test_our_copy_of_rocket_is_the_original():
    original = seaborn.color_palette("rocket", as_cmap=True)
    assert original.N == ROCKET.N
    for place in np.linspace(0, 1, 1000):
        assert to_hex(ROCKET(place)) == to_hex(original(place))
