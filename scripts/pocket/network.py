"""The pocket models' network: a small Llama, with the very shapes that llama.cpp expects."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """Widths are multiples of 256, as Q4_K asks for."""

    vocabulary: int
    width: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 512

    @property
    def head_width(self) -> int:
        return self.width // self.heads


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm and added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        kv_width = shape.head_width * shape.kv_heads
        self.attn_norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.attn_q = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_k = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_v = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.ffn_gate = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, stream: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        rows, length, _ = stream.shape
        normed = self.attn_norm(stream)

        def heads(values: Tensor) -> Tensor:
            return values.view(rows, length, -1, self.shape.head_width).transpose(1, 2)

        attended = attend(
            rotate(heads(self.attn_q(normed)), cosine, sine),
            rotate(heads(self.attn_k(normed)), cosine, sine),
            heads(self.attn_v(normed)),
        )
        stream = stream + self.attn_output(attended.transpose(1, 2).reshape(rows, length, -1))
        normed = self.ffn_norm(stream)
        return stream + self.ffn_down(functional.silu(self.ffn_gate(normed)) * self.ffn_up(normed))


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Plain causal attention: on short rows it is twice as fast on a CPU as the fused kernel's backward pass."""
    rows, heads, length, width = queries.shape
    grouped = queries.reshape(rows, keys.shape[1], -1, width)
    scores = (grouped @ keys.mT).view(rows, heads, length, length) * width**-0.5
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    shares = scores.masked_fill_(later, -1e4).softmax(-1, dtype=torch.float32).to(values.dtype)
    return (shares.view(rows, keys.shape[1], -1, length) @ values).view(rows, heads, length, width)


def rotate(values: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn neighbouring pairs by their position, the order that llama.cpp's Llama architecture uses."""
    even, odd = values[..., 0::2], values[..., 1::2]
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1).flatten(-2)


class Network(nn.Module):
    """Tokens to logits; the embedding serves as output, too."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=1e-5)
        nn.init.normal_(self.token_embd.weight, std=0.02)
        for block in self.blk:
            for layer in (block.attn_output, block.ffn_down):
                nn.init.normal_(layer.weight, std=0.02 / (2 * shape.layers) ** 0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the stream behind the last norm; `logits` turns wanted places of it into scores."""
        positions = torch.arange(tokens.shape[1], dtype=torch.float32)
        frequencies = 10_000.0 ** (-torch.arange(0, self.shape.head_width, 2) / self.shape.head_width)
        angles = torch.outer(positions, frequencies)
        stream = self.token_embd(tokens)
        cosine, sine = angles.cos().to(stream.dtype), angles.sin().to(stream.dtype)
        for block in self.blk:
            stream = block(stream, cosine, sine)
        return self.output_norm(stream)

    def logits(self, stream: Tensor) -> Tensor:
        return functional.linear(stream, self.token_embd.weight)
