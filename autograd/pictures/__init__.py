"""Pictures of graphs: what they show, DOT and its renderers, the page of steps, formulas as text."""
