"""Dates."""

import datetime


def date_cast(date):
    if date is None:
        return datetime.datetime.now()
    if isinstance(date, datetime.datetime):
        return date
    if isinstance(date, (int, float)) or str(date).replace(".", "", 1).isdigit():
        return datetime.datetime.fromtimestamp(float(date))
    return datetime.datetime.fromisoformat(str(date))


def strftime(date=None, format="%Y-%m-%d"):
    return date_cast(date).strftime(format)


def total_seconds(td):
    return td.total_seconds()
