"""Where the tokens of a text stand, worked out only for those that are asked for."""

_SHORT_CHARS = 4096
"""Only in so short a text is a token looked for from its start: in a longer one that would not be linear."""


class TokenSpans:
    """Start and end of a token by its index. Few tokens of a text are asked for, and those stand close together.

    Between two tokens there are only characters that no token holds, so that the next occurrence of a token's text after
    the token before it is the token itself.
    """

    __slots__ = ("_known", "_text", "_tokens", "_walked")

    def __init__(self, text: str, tokens: list[str]) -> None:
        self._text = text
        self._tokens = tokens
        self._known: dict[int, tuple[int, int]] = {-1: (0, 0)}
        self._walked = -1
        """All tokens up to this one are known."""

    def __getitem__(self, at: int) -> tuple[int, int]:
        found = self._known.get(at)
        return self._placed(at) if found is None else found

    def _placed(self, at: int) -> tuple[int, int]:
        known, text, token = self._known, self._text, self._tokens[at]
        if at - 1 in known:
            start = text.find(token, known[at - 1][1])
        elif at + 1 in known:
            start = text.rfind(token, 0, known[at + 1][0])
        elif len(text) <= _SHORT_CHARS and text.count(token) == 1:
            start = text.find(token)
        else:
            return self._walk_to(at)
        found = known[at] = (start, start + len(token))
        return found

    def _walk_to(self, at: int) -> tuple[int, int]:
        known, find = self._known, self._text.find
        end = known[self._walked][1]
        for index in range(self._walked + 1, at + 1):
            token = self._tokens[index]
            start = find(token, end)
            end = start + len(token)
            known[index] = (start, end)
        self._walked = at
        return known[at]
