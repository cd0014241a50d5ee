"""One line each: a correct answer with one thing changed. None of them is among the misconceptions.

There is a module for each notebook. A line may call any exercise by name: it gets the first correct variant.
"""

from importlib import import_module

from autograder.exercises import MODULES

MUTANTS = {
    name: lines
    for module in MODULES.values()
    for name, lines in import_module(f".{module}", __name__).MUTANTS.items()
}
