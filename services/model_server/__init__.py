"""The model server: one small base model, many adapters by name, in vLLM's dialect, on llama.cpp.

In     HTTP: ``/v1/completions``, ``/v1/chat/completions``, ``/v1/models``, ``/v1/load_lora_adapter``,
       ``/v1/unload_lora_adapter``; ``model.registered`` (which adapters should be there)
Out    completions
State  the list of adapters an engine was started with; rebuilt from ``model.registered``
Holds  an adapter is loaded only if its files match its manifest; a longer list means a second engine that is probed before
       it takes over, while the first one drains; completions take turns in the order of their arrival, so that busy
       traffic under one adapter keeps nobody waiting under another
Never  unpickles, follows a link out of an adapter's folder, serves an adapter under another's name

In production vLLM stands at the same address.
"""
