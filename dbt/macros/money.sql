{#- Money never passes through a floating-point number. Amounts have 38 digits, 9 of them decimals. -#}

{#- Any product or sum of amounts: engines keep different scales, this is the one we keep. -#}
{% macro money(expression) -%}
    cast({{ expression }} as {{ type_of('money') }})
{%- endmacro %}

{#- amount * multiplier / divisor, rounded once, half to even, to 9 decimals; null where the divisor is zero
    or anything is missing. -#}
{% macro multiply_divide(amount, multiplier, divisor) -%}
    {{ adapter.dispatch('multiply_divide', 'marketing_assets')(amount, multiplier, divisor) }}
{%- endmacro %}

{% macro duckdb__multiply_divide(amount, multiplier, divisor) -%}
    {{ function('multiply_divide') }}({{ amount }}, {{ multiplier }}, {{ divisor }})
{%- endmacro %}

{% macro bigquery__multiply_divide(amount, multiplier, divisor) -%}
    cast(round(
        cast({{ amount }} as bignumeric) * cast({{ multiplier }} as bignumeric)
        / nullif(cast({{ divisor }} as bignumeric), 0),
        9, 'ROUND_HALF_EVEN'
    ) as numeric)
{%- endmacro %}

{#- top / bottom with 9 decimals; null where bottom is zero or missing. -#}
{% macro ratio(top, bottom) -%}
    {{ multiply_divide(top, 1, bottom) }}
{%- endmacro %}

{#- How much now differs from before, as a share of before; null where there is nothing to compare with. -#}
{% macro change(now, before) -%}
    {{ multiply_divide(now ~ ' - ' ~ before, 1, before) }}
{%- endmacro %}

{#- An amount in another currency, from euro reference rates (units of a currency for one euro). An amount
    that is already in the currency needs no rate; without a rate there is no amount. -#}
{% macro convert(amount, from_currency, to_currency, from_rate, to_rate) -%}
    case
        when {{ from_currency }} = {{ to_currency }} then {{ money(amount) }}
        else {{ multiply_divide(amount, to_rate, from_rate) }}
    end
{%- endmacro %}

{#- Functions that models call, made anew at the start of each run. -#}
{% macro create_functions() -%}
    {{ adapter.dispatch('create_functions', 'marketing_assets')() }}
{%- endmacro %}

{% macro bigquery__create_functions() -%}
    select 1
{%- endmacro %}

{#- DuckDB divides decimals as doubles, so this counts in billionths with 128-bit integers. Good for
    amount * multiplier below 1.7e20. -#}
{% macro duckdb__create_functions() -%}
    create schema if not exists {{ target.database }}.{{ target.schema }};
    create or replace macro {{ function('billionths') }}(amount) as
        cast(cast(amount as decimal(38, 9)) * 1000000000 as hugeint);
    -- top and bottom are whole numbers, bottom above zero.
    create or replace macro {{ function('divide_half_even') }}(top, bottom) as
        top // bottom + case
            when abs(top % bottom) * 2 > bottom or (abs(top % bottom) * 2 = bottom and top // bottom % 2 != 0)
                then cast(sign(top) as hugeint)
            else 0::hugeint
        end;
    create or replace macro {{ function('multiply_divide') }}(amount, multiplier, divisor) as
        cast({{ function('divide_half_even') }}(
            {{ function('billionths') }}(amount) * {{ function('billionths') }}(multiplier)
            * cast(sign(divisor) as hugeint),
            nullif(abs({{ function('billionths') }}(divisor)), 0)
        ) as decimal(38, 0)) * cast(0.000000001 as decimal(10, 9));
{%- endmacro %}

{#- The full name of one of those functions. -#}
{% macro function(name) -%}
    {{ target.database }}.{{ target.schema }}.{{ name }}
{%- endmacro %}
