"""Layer-wise relevance propagation: rules, composites, explanation, μ."""
