"""A specialist's prompt and answer: rendered and parsed by the same code in training, in shadow and in the router.

Also placeholders and the surrogates that fill them whenever a model is fed, and the comparison of two answers.
"""
