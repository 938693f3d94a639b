"""Centring of Gram matrices, and what counts as no variation."""

# A variance below this part of the mean square is rounding: the values are all the same.
DEGENERATE = 1e-12


def double_centred(gram):
    """Take means over rows and over columns off, as if the features' mean over stimuli were.

    Parameters
    ----------
    gram : numpy.ndarray or torch.Tensor, (n_stimuli, n_stimuli)
        Inner products of stimuli.

    Returns
    -------
    numpy.ndarray or torch.Tensor, (n_stimuli, n_stimuli)
        H G H with H = I - 1/n: rows and columns sum to 0.
    """
    return gram - gram.mean(0) - gram.mean(1)[:, None] + gram.mean()
