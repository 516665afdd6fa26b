"""HTTP notifications: templates with macros, their queue and its posting."""
