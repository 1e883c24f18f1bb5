"""Each method trained as its authors did (`Learned.recipe`), all of them scored alike.

Images, input and scoring are those of the MiM-ISTD paper's protocol, which many released trainings share: official
split, stretched to 512 x 512, ImageNet's normalisation, the last epoch. A method without a recipe has the paper's.

The hash leaves the training out, so that all rows stand in one table; each record holds the recipe that its weights
were made by, and `istdbench list methods --json` shows them. A row is comparable with another as what a method and its
recipe reach together, on the same images and under the same rules. It does not say which of the two a difference comes
from: for that, train both by one protocol. Split, input size, normalisation and the choice of the epoch are no part of
a recipe. Authors differ in them, and many took the best epoch on test images, so that a row may lie below their figure.
"""

_base_ = "./mim2024.py"

summary = "each method by its own published recipe: trainval/test, stretched to 512 x 512, last epoch"
recipe = "own"
scoring = dict(second_grid=512)
