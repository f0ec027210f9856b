{#- A row's part of an amount, by its weight among the rows it is shared out to. The parts add up to the amount
    exactly: each is the difference of two points on one line, so that rounding never loses or makes money.
    `upto` is the sum of weights up to and with the row, in an order that is always the same. -#}
{% macro allocate(amount, upto, weight, total) -%}
    {{ multiply_divide(amount, upto, total) }} - {{ multiply_divide(amount, upto ~ ' - ' ~ weight, total) }}
{%- endmacro %}
