"""How the tagger's weights are made: generated and public text with labelled words, and the fit. Not part of the service."""
