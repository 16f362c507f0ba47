"""The router: an OpenAI-compatible endpoint that lets a proven specialist answer, with the frontier model behind it.

In     HTTP from agents (chat completions, ask, outcomes); ``assignment.changed``, ``cluster.changed``, ``model.registered``
Out    ``observation.raw`` (key tenant ‖ episode), ``outcome.reported`` (key: the cluster it matched)
State  one immutable snapshot of assignments, matchers and models; a copy in Redis for replicas and cold starts; an
       encrypted spool of what Kafka has not acknowledged
Holds  a decision reads memory alone; specialist answers are parsed and checked before a byte of them is shown; whatever
       is down or unknown, the call goes to the frontier model and is still observed
Never  decides who is promoted, stores content outside observations, logs prompts, switches models after bytes are visible
"""
