import psycopg


def count(code: str) -> int:
    query = "select count(*) from bars where code = %(code)s"
    with psycopg.connect("host=bars") as connection:
        row = connection.execute(query, {"code": code}).fetchone()
    return int(row[0])
