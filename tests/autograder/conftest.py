"""A released course and a reader's workspace for the tests here."""

from readers import place  # noqa: F401 - a fixture
from sample_courses import course, released_course  # noqa: F401 - fixtures
