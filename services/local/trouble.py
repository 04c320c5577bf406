"""What a person is told when something cannot be had or done here."""


class CannotHave(Exception):  # read where it is raised, it is a sentence
    """One plain sentence: what is missing, and how to get it. Shown as it is, without a traceback."""
