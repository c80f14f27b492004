"""What runs where a GPU is: ``make gpu``, or ``python -m bench.gpu``."""
