import psycopg


def count(code: str) -> int:
    query = f"select count(*) from bars where code = '{code}'"
    with psycopg.connect("host=bars") as connection:
        row = connection.execute(query).fetchone()
    return int(row[0])
