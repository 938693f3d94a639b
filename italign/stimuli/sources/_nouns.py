"""The 640 HvM-like images of Bashivan, Kar & DiCarlo 2019, whose files do not name their nouns."""

# ASSUME: the 640 images are sorted by these nouns, 80 of each, in this order, which is that of the
# study's benchmarks and not of its paper; and the nouns have these HVM categories, which is
# compared with the study's file.
NOUNS = {"bear": "Animals", "elephant": "Animals", "face": "Faces", "car": "Cars",
         "dog": "Animals", "apple": "Fruits", "chair": "Chairs", "plane": "Planes"}
N_OF_EACH_NOUN = 80
