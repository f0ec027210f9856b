"""NUMERIC and BIGNUMERIC arithmetic.

The stock server keeps the scale that DuckDB gives a product (18 decimals for two NUMERICs, an overflow for
two BIGNUMERICs) and divides as floating-point numbers. BigQuery rounds a NUMERIC product or quotient to 9
decimals, half away from zero, and computes BIGNUMERICs with 38 decimals. This server has room for 18 decimals
of a BIGNUMERIC: where something is cut off behind them, the last digit is made odd, so that a later rounding
to fewer decimals decides as it would with all digits.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

from local_bigquery.errors import BigQueryError
from local_bigquery.sql import native, rules
from local_bigquery.sql.rules import math
from sqlglot import exp

_NUMERIC, _BIGNUMERIC = "DECIMAL(38,9)", "DECIMAL(38,18)"
_NINE, _EIGHTEEN = Decimal(1).scaleb(-9), Decimal(1).scaleb(-18)
_EXACT = decimal.Context(prec=120, traps=[decimal.InvalidOperation, decimal.DivisionByZero])
_MODES = {"ROUND_HALF_EVEN": decimal.ROUND_HALF_EVEN, "ROUND_HALF_AWAY_FROM_ZERO": decimal.ROUND_HALF_UP}
_stock_division = math.division
_SCALES = {exp.DataType.Type.DECIMAL: "numeric", exp.DataType.Type.BIGDECIMAL: "bignumeric"}
_NAMES = {exp.Mul: "multiply", exp.Div: "divide", exp.SafeDivide: "divide"}


def apply() -> None:
    native.FUNCTIONS |= {
        f"_{scale}_{name}": (function, [kind, kind], kind)
        for scale, kind, functions in (
            ("numeric", _NUMERIC, {"multiply": _multiply, "divide": _divide}),
            ("bignumeric", _BIGNUMERIC, {"multiply": _multiply_big, "divide": _divide_big}),
        )
        for name, function in functions.items()
    }
    native.FUNCTIONS["_bignumeric_round"] = (_round, [_BIGNUMERIC, "BIGINT", "VARCHAR"], _BIGNUMERIC)
    at = rules.NODE_RULES.index(_stock_division)
    rules.NODE_RULES.insert(at, _operator)
    rules.NODE_RULES.insert(at, _rounding)


def _operator(node: exp.Expression, context: Any) -> exp.Expression:
    scale = _scale(node) if type(node) in _NAMES else None
    if scale is None:
        return node
    kind = exp.DataType.build(_NUMERIC if scale == "numeric" else _BIGNUMERIC, dialect="duckdb")
    left, right = (exp.cast(side, kind.copy()) for side in (node.this, node.expression))
    if isinstance(node, exp.SafeDivide):
        right = exp.func("nullif", right, exp.Literal.number(0))
    call = exp.func(f"_{scale}_{_NAMES[type(node)]}", left, right)
    if isinstance(node, exp.Mul) and scale == "numeric":
        # Python is slow: DuckDB's own product serves where its 38 digits suffice.
        product = exp.Anonymous(this="try", expressions=[exp.Mul(this=left.copy(), expression=right.copy())])
        call = exp.func("coalesce", exp.cast(product, kind.copy()), call)
    call.type = exp.DataType.build(scale, dialect="bigquery")
    return call


def _scale(node: exp.Binary) -> str | None:
    """Whether an operation is one of NUMERICs or of BIGNUMERICs; None for any other."""
    # Of a cast, the type it was found to have: the type it names is DuckDB's by now.
    kinds = {side.type.this if side.type else math.kind(side) for side in (node.this, node.expression)}
    if kinds & math.FLOATS or not kinds & set(_SCALES):
        return None
    return "bignumeric" if exp.DataType.Type.BIGDECIMAL in kinds else "numeric"


def _rounding(node: exp.Expression, context: Any) -> exp.Expression:
    """ROUND with a mode, which DuckDB does not know."""
    mode = node.args.get("truncate") if isinstance(node, exp.Round) else None
    if mode is None:
        return node
    kind = exp.DataType.build(_BIGNUMERIC, dialect="duckdb")
    decimals = node.args.get("decimals") or exp.Literal.number(0)
    call = exp.func("_bignumeric_round", exp.cast(node.this, kind), decimals, mode)
    call.type = node.type
    return call


def _multiply(left: Decimal, right: Decimal) -> Decimal:
    return _EXACT.multiply(left, right).quantize(_NINE, decimal.ROUND_HALF_UP, _EXACT)


def _divide(left: Decimal, right: Decimal) -> Decimal:
    return _quotient(left, right).quantize(_NINE, decimal.ROUND_HALF_UP, _EXACT)


def _multiply_big(left: Decimal, right: Decimal) -> Decimal:
    return _sticky(_EXACT.multiply(left, right))


def _divide_big(left: Decimal, right: Decimal) -> Decimal:
    return _sticky(_quotient(left, right))


def _quotient(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        raise BigQueryError("invalidQuery", f"division by zero: {left.normalize():f} / 0")
    return _EXACT.divide(left, right)


def _sticky(value: Decimal) -> Decimal:
    cut = value.quantize(_EIGHTEEN, decimal.ROUND_DOWN, _EXACT)
    inexact, even = cut != value, int(cut.scaleb(18, _EXACT)) % 2 == 0
    return cut + _EIGHTEEN.copy_sign(value) if inexact and even else cut


def _round(value: Decimal, decimals: int, mode: str) -> Decimal:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), _MODES[mode], _EXACT)
    return rounded.quantize(_EIGHTEEN, context=_EXACT)
