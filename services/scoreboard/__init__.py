"""The scoreboard: scores per cluster and model in tumbling windows, by faust. Everything here can be deleted and rebuilt.

In     ``observation.clustered`` (frontier attempts), ``outcome.reported`` (specialist attempts)
Out    ``metrics.windowed`` (key: cluster ‖ model), one record per window whenever it grew
State  the windows of the last minutes, in memory; the log gives them back
Holds  a window counts each attempt once, by event id, however often it is read; a later record of a window replaces the
       earlier one
Never  decides anything: no promotion, demotion or route rests on it
"""
