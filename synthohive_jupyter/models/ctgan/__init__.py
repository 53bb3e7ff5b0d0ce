"""CTGAN: a conditional tabular generative adversarial network (Xu et al., NeurIPS 2019)."""
