"""The engine: pure functions over batches of records, run exactly once against a log.

A service author writes a :class:`~shared.stream.processor.Processor` (``process`` and ``on_tick``) and names it in an
:class:`~shared.stream.processor.Application`; the engine alone knows polling, transactions, rebalances and restores.
"""
