"""Pull requests: a contribution is judged from git objects, as data and never as code."""
