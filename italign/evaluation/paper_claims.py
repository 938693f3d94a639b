"""What the paper claims: each claim with its direction, its published size, and how it is tested.

Directions are those of the paper's text (Dapello, Kar et al., ICLR 2023, sections 3.1 to 4) or,
where the text is silent, of its figures and notebook. Numbers come from resources/published.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from italign.evaluation import published_effects as effects
from italign.evaluation.published_effects import BASE, FULL, Effect, no_number, printed

RANDOM = {"target": "random", "labels": "on", "p": 1.0}
EMPTY = float("nan")  # of a published row that is of all doses
EXTENT_3A = {"figure": "3a", "mark": "extent"}  # of the cloud of points of Figure 3A
CORRELATION, CKA, I2N, ACCURACY = UNITS = (
    "correlation", "CKA / ceiling", "i2n / √ceiling", "accuracy")
UNIT_OF = {"similarity": CKA, "behavior": I2N, "robustness": ACCURACY, "probe": ACCURACY,
           "accuracy": ACCURACY, "curve": ACCURACY}


@dataclass(frozen=True)
class Claim:
    """One claim. Of a contrast, the effect is `model` minus `reference`, paired by seed.

    id: unique. figure: of the paper. label: short, for a figure; ``{shown}`` and ``{beyond}`` are
    the sets of the panels. sentence: the claim. published: in words; ``{value}`` is the effect in
    the paper, ``{0}``, ``{1}`` ... are `numbers`, further ones of the published table. side: 1
    above zero, -1 below, 0 no change. effect: the published size. quantity, panel: as of
    `contrasts.per_seed`, or ``pearson`` (a row of the statistics) and ``spearman`` (of the doses).
    model, reference: of `contrasts.CONDITIONS`. beyond: panel whose effect is subtracted. when: of
    the reference, final or onset.
    """

    id: str
    figure: str
    label: str
    sentence: str
    published: str
    side: int
    effect: Effect
    quantity: str
    panel: str
    model: str = "full"
    reference: str = "base"
    beyond: str = ""
    when: str = "final"
    numbers: Sequence[Effect] = ()

    def published_words(self, published: pd.DataFrame) -> str:
        """What the paper gives, with its numbers from the published table."""
        return self.published.format(*(number(published) for number in self.numbers),
                                     value=self.effect(published))

    @property
    def unit(self) -> str:
        """Unit of the effect."""
        return UNIT_OF.get(self.quantity, CORRELATION)


SIMILARITY = (
    Claim("dose_2a", "2a", "similarity with dose, {shown}",
          "On held-out images like the trained ones, similarity to held-out animals rises with the "
          "share of steps that keep the neural gradient.",
          "monotone for both monkeys (Spearman {value:.0f})", 1, effects.rank_correlation("2a"),
          "spearman", "2a"),
    Claim("dose_2b", "2b", "similarity with dose, {shown}",
          "On images of other statistics, similarity to held-out animals rises with the share of "
          "steps that keep the neural gradient.",
          "monotone for both monkeys (Spearman {value:.0f})", 1, effects.rank_correlation("2b"),
          "spearman", "2b"),
    Claim("gain_mean", "1b", "full dose, mean of all",
          "Full dose raises similarity to held-out animals on held-out images, mean of all axes.",
          "{value:+.3f} ({0:.3f} to {1:.3f})", 1, effects.condition_gain("1b", "x"),
          "similarity", "mean", numbers=effects.conditions("1b", "x")),
    Claim("gain_2a", "2a", "full dose, {shown}",
          "Full dose raises similarity to each held-out animal on held-out images like the "
          "trained ones.",
          "{value:+.3f} (Monkey 2 {0:.3f} to {1:.3f}, Monkey 1 {2:.3f} to {3:.3f})", 1,
          effects.final_gain("2a"), "similarity", "2a",
          numbers=effects.finals("2a", "magneto", "nano")),
    Claim("gain_2b", "2b", "full dose, {shown}",
          "Full dose raises similarity to each held-out animal on images of other statistics.",
          "{value:+.3f} (Monkey 1 {0:.4g} to {1:.4g}, Monkey 3 {2:.4g} to {3:.4g})", 1,
          effects.final_gain("2b"), "similarity", "2b",
          numbers=effects.finals("2b", "nano", "bento")),
    Claim("gain_2a_beyond_2b", "2b", "{shown} gains more than {beyond}",
          "The gain in similarity is smaller on images of other statistics.",
          "{value:+.3f}", 1, effects.gain_beyond("2a", "2b"), "similarity", "2a", beyond="2b"),
    Claim("random_2a", "2a", "random targets, {shown}",
          "Random targets make models less IT-like on images like the trained ones.",
          "{value:+.3f}", -1, effects.final_gain("2a", target="random"),
          "similarity", "2a", model="random"),
    Claim("random_2b", "2b", "random targets, {shown}",
          "Random targets make models less IT-like on images of other statistics.",
          "{value:+.3f} (\"generally\")", -1, effects.final_gain("2b", target="random"),
          "similarity", "2b", model="random"),
    Claim("shuffled_2a", "2a", "shuffled targets, {shown}",
          "Shuffled targets make models less IT-like on images like the trained ones.",
          "{value:+.3f}", -1, effects.final_gain("2a", target="shuffled"),
          "similarity", "2a", model="shuffled"),
    Claim("shuffled_2b", "2b", "shuffled targets, {shown}",
          "Shuffled targets make models less IT-like on images of other statistics.",
          "{value:+.3f} (\"generally\")", -1, effects.final_gain("2b", target="shuffled"),
          "similarity", "2b", model="shuffled"),
    Claim("no_dose", "2", "p = 0: change in training",
          "Without neural gradient (p = 0) similarity stays where it was.",
          "{value:+.3f}, \"does not deviate significantly\"", 0, effects.drift_without_dose,
          "similarity", "mean", model="base", when="onset"),
    Claim("unlabelled_similarity", "3", "without labels, true vs shuffled",
          "Without image labels too, true targets make models more IT-like than shuffled ones.",
          "higher, Figure 3 (no number)", 1, no_number,
          "similarity", "mean", model="unlabelled", reference="unlabelled_shuffled"),
    Claim("adversarial_similarity", "4", "adversarially trained",
          "Adversarially trained models are slightly more IT-like than standard ones.",
          "\"slightly more similar\" (no number)", 1, no_number,
          "similarity", "mean", model="adversarial"),
)
BEHAVIOR = (
    Claim("behavior_r", "1b", "behavior with similarity",
          "More IT-like models make more human-like errors.",
          "r = {value:.2f}, p = {0:.2g}, n = {1:.0f}", 1, effects.statistic("1b", "pearson_r"),
          "pearson", "behavior", numbers=effects.significance("1b", "pearson_r")),
    Claim("behavior_mean", "1b", "full dose, mean of sets",
          "Full dose makes errors more human-like, mean of both image sets.",
          "{value:+.3f} ({0:.3f} to {1:.3f})", 1, effects.condition_gain("1b"),
          "behavior", "mean", numbers=effects.conditions("1b")),
    Claim("behavior_3a", "3a", "full dose, {shown}",
          "Full dose makes errors more human-like on images like the trained ones.",
          "{value:+.3f}, right end of the line minus base", 1, effects.line_end_above_base("3a"),
          "behavior", "3a"),
    Claim("behavior_3b", "3b", "full dose, {shown}",
          "Full dose makes errors more human-like on images of other statistics.",
          "{value:+.3f} ({0:.3f} against the base of {1:.3f})", 1, effects.final_above_base("3b"),
          "behavior", "3b", numbers=(printed("value", figure="3b", mark="final", **FULL),
                                     printed("value", figure="3b", mark="base"))),
    Claim("behavior_3b_random", "3b", "full dose vs random, {shown}",
          "On images of other statistics full dose makes errors more human-like than random "
          "targets do.",
          "{value:+.3f}; Kolmogorov-Smirnov p = {0:.2g}, n = {1:.0f} models", 1,
          effects.final_difference("3b", "behavior", FULL, RANDOM),
          "behavior", "3b", reference="random", numbers=effects.significance("3b", "ks")),
    Claim("behavior_3c", "3c", "full dose, overlapping categories",
          "On a further set, in the categories that the neural data cover, full dose makes errors "
          "more human-like.",
          "{value:+.3f}, right end of the line minus base", 1, effects.line_end_above_base("3c"),
          "behavior", "3c"),
    Claim("behavior_3d", "3d", "full dose, all categories",
          "In all categories of that set it does not: errors become less human-like.",
          "{value:+.3f}, right end of the line minus base", -1, effects.line_end_above_base("3d"),
          "behavior", "3d"),
    Claim("unlabelled_behavior", "3a", "without labels, true vs shuffled",
          "Without image labels too, true targets make errors more human-like than shuffled ones.",
          "rises to about {0:.2f}, controls {1:.2f} to {2:.2f}", 1, no_number,
          "behavior", "3a", model="unlabelled", reference="unlabelled_shuffled",
          numbers=(printed("value", **EXTENT_3A, target="true", labels="off", p=EMPTY),
                   *effects.extent(figure="3a", target="shuffled", labels="off"))),
    # Without labels "the absolute behavioral alignment shifts downward", in all conditions (3.2).
    Claim("labels_behavior", "3a", "full dose, with vs without labels",
          "Labels help: at full dose errors are more human-like with them than without.",
          "\"shifts downward\" without labels (up to about {0:.2f} with, {1:.2f} without)", 1,
          no_number, "behavior", "3a", reference="unlabelled",
          numbers=(printed("value", **EXTENT_3A, target="true", labels="on"),
                   printed("value", **EXTENT_3A, target="true", labels="off", p=EMPTY))),
    Claim("labels_behavior_shuffled", "3a", "shuffled, with vs without labels",
          "Labels help: with shuffled targets too errors are more human-like with them than "
          "without.",
          "\"shifts downward\" without labels (controls {0:.2f} to {1:.2f} with, {2:.2f} to "
          "{3:.2f} without)", 1, no_number,
          "behavior", "3a", model="shuffled", reference="unlabelled_shuffled",
          numbers=(*effects.extent(figure="3a", target="shuffled", labels="on"),
                   *effects.extent(figure="3a", target="shuffled", labels="off"))),
)
ROBUSTNESS = (
    Claim("robustness_r", "1c", "robustness with similarity",
          "More IT-like models are harder to fool.",
          "r = {value:.2f}, p = {0:.2g}, n = {1:.0f}", 1, effects.statistic("1c", "pearson_r"),
          "pearson", "robustness", numbers=effects.significance("1c", "pearson_r")),
    Claim("robustness_mean", "1c", "attacked: full dose, mean of sets",
          "Full dose raises accuracy under attack, mean of both image sets.",
          "{value:+.3f} ({0:.3f} to {1:.3f})", 1, effects.condition_gain("1c"),
          "robustness", "mean", numbers=effects.conditions("1c")),
    Claim("robustness_4a", "4a", "attacked: full dose, {shown}",
          "Full dose raises accuracy under attack on images like the trained ones.",
          "{value:+.3f}, right end of the line minus base", 1, effects.line_end_above_base("4a"),
          "robustness", "4a"),
    Claim("robustness_4b", "4b", "attacked: full dose, {shown}",
          "Full dose raises accuracy under attack on images of other statistics.",
          "{value:+.3f}, right end of the line minus base", 1, effects.line_end_above_base("4b"),
          "robustness", "4b"),
    Claim("robustness_random", "4", "attacked: random targets",
          "Random targets lower accuracy under attack, mean of both image sets.",
          "{value:+.3f} (about {0:.2f} and {1:.2f})", -1, effects.control_below_base,
          "robustness", "mean", model="random",
          numbers=[printed("value", figure=figure, mark="extent", target="random")
                   for figure in ("4a", "4b")]),
    Claim("robustness_shuffled", "4", "attacked: shuffled targets",
          "Shuffled targets lower accuracy under attack, mean of both image sets.",
          "{0:.2f} to {1:.2f} on HVM, base {2:.3f}", -1, no_number,
          "robustness", "mean", model="shuffled",
          numbers=(*effects.extent(figure="4a", target="shuffled"),
                   printed("value", figure="4a", mark="base"))),
    Claim("adversarial_4a", "4a", "attacked: adv. trained, {shown}",
          "Adversarial training raises accuracy under attack on images like the trained ones.",
          "\"significantly higher\" (no number)", 1, no_number,
          "robustness", "4a", model="adversarial"),
    Claim("adversarial_4b", "4b", "attacked: adv. trained, {shown}",
          "Adversarial training lowers accuracy under attack on images of other statistics.",
          "\"significantly lower\" (no number)", -1, no_number,
          "robustness", "4b", model="adversarial"),
    Claim("curve_5a_aligned", "5a", "all radii: full vs no dose, {shown}",
          "Aligned models beat standard ones over a range of attack strengths, in both norms, on "
          "images like the trained ones.",
          "higher (curves without numbers)", 1, no_number, "curve", "5a"),
    Claim("curve_5a_adversarial", "5a", "all radii: adv. vs full dose, {shown}",
          "There, adversarially trained models beat aligned ones.",
          "higher (curves without numbers)", 1, no_number,
          "curve", "5a", model="adversarial", reference="full"),
    Claim("curve_5b_aligned", "5b", "all radii: full vs no dose, {shown}",
          "Aligned models beat standard ones over a range of attack strengths, in both norms, on "
          "images of other statistics.",
          "higher (curves without numbers)", 1, no_number, "curve", "5b"),
    Claim("curve_5b_adversarial", "5b", "all radii: full dose vs adv., {shown}",
          "There, aligned models beat adversarially trained ones.",
          "\"significantly better\" (curves without numbers)", 1, no_number,
          "curve", "5b", reference="adversarial"),
)
CLEAN_ACCURACY = (
    Claim("clean_5b", "5b", "not attacked: adv. trained, {shown}",
          "Adversarial training costs accuracy on images of other statistics that are not "
          "attacked.",
          "lower (curves without numbers)", -1, no_number,
          "accuracy", "5b", model="adversarial"),
    Claim("clean_labels", "text", "not attacked: full dose, {shown}",
          "Alignment costs a little accuracy on images like the trained ones.",
          "{value:+.3f} ({0:.3f} to {1:.3f}, at variation 3)", -1,
          effects.final_difference("text", "accuracy", FULL, BASE), "accuracy", "5a",
          numbers=[printed("value", figure="text", quantity="accuracy", **model)
                   for model in (BASE, FULL)]),
    Claim("probe_all", "a1", "decoder: full dose, all categories",
          "On a further set, a decoder of all its categories loses accuracy.",
          "{value:+.3f}, right end of the line minus base", -1,
          effects.line_end_above_base("a1", "all"), "probe", "3d"),
    Claim("probe_overlapping", "a1", "decoder: overlapping vs all",
          "It loses less in the categories that the neural data cover.",
          "{value:+.3f}, right end of the line minus base", 1,
          lambda published: (effects.line_end_above_base("a1", "overlapping")(published)
                             - effects.line_end_above_base("a1", "all")(published)),
          "probe", "3c", beyond="3d"),
)
CLAIMS = (*SIMILARITY, *BEHAVIOR, *ROBUSTNESS, *CLEAN_ACCURACY)
