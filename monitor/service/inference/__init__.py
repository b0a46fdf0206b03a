"""The inference process: the newest picture of every camera in, one judgement per bed out."""
