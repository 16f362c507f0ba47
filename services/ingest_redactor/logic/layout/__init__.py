"""What tells a value by where it stands: columns, labelled lines, markup, letters, lists, fixed segments, siblings."""
