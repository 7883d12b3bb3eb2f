#!/usr/bin/python3
"""Writes access.log again: always the same 200 lines, and nobody's address.

  make-access-log.py > examples/quickstart/access.log
"""
import random
from datetime import datetime, timedelta, timezone

NETWORKS = ('192.0.2', '198.51.100', '203.0.113')  # for documentation (RFC 5737)
PAGES = ('/', '/about', '/shop', '/shop/cart', '/shop/item/{}', '/search?q=weir+{}', '/news/{}',
         '/static/app.css', '/static/app.js', '/static/logo.svg', '/api/v1/orders/{}')
AGENTS = (
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) '
    'Chrome/126.0.0.0 Safari/537.36',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 '
    '(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    'curl/7.88.1',
    'ExampleBot/2.1 (+https://bot.example.com/)',
)
USERS = ('-', '-', '-', '-', 'ada', 'grace', 'linus')
CAME_FROM = ('-', 'https://www.example.com/', 'https://www.example.com/shop',
            'https://search.example.net/?q=weir')


def line(choose, time):
    page = choose.choice(PAGES).format(choose.randrange(1, 500))
    method = choose.choices(('GET', 'POST', 'HEAD'), (20, 3, 1))[0]
    status = choose.choices((200, 304, 301, 404, 403, 500), (60, 12, 4, 8, 2, 1))[0]
    size = 0 if status == 304 or method == 'HEAD' else choose.randrange(120, 48000)
    return (f'{choose.choice(NETWORKS)}.{choose.randrange(1, 255)} - {choose.choice(USERS)} '
            f'[{time:%d/%b/%Y:%H:%M:%S +0000}] "{method} {page} HTTP/1.1" {status} {size} '
            f'"{choose.choice(CAME_FROM)}" "{choose.choice(AGENTS)}"')


def main():
    choose = random.Random(2024)
    time = datetime(2024, 7, 1, 8, 0, tzinfo=timezone.utc)
    for _ in range(200):
        time += timedelta(seconds=choose.choice((0, 0, 1, 1, 2, 3, 7)))
        print(line(choose, time))


if __name__ == '__main__':
    main()
