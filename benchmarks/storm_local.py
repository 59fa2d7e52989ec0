"""A storm on the local cloud: its topics, queues, functions and tables, one after the other in this process."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from benchmarks.storm_mail import DAY, START, Course, Storm, WentWrong, by_topic, check
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import TOPICS
from ses_reputation_local.ses_mail import Topic
from tests.engine.mail import Published, counters, program, received


def weather(storm: Storm, parts: int) -> Course:
    """Let a storm loose on a local cloud, in parts; WentWrong if a count or an alert is not what it must be.

    Its age is that of the part that waited longest.
    """
    with LocalCloud() as cloud:
        url = program(cloud.client, cloud.resources["StatusTopic"], "program")
        evening = START + DAY
        waiting, course, longest = iter(storm.burst), Course(messages=len(storm.burst)), 0.0
        size = -(-len(storm.burst) // parts)
        for number in range(parts):
            began, cpu_before = time.monotonic(), time.process_time()
            _count(cloud, list(islice(waiting, size)))
            took = time.monotonic() - began
            course.cpu += time.process_time() - cpu_before
            course.seconds += took
            longest = max(longest, took)
            _evaluate(cloud, evening + number * timedelta(seconds=10))
        _evaluate(cloud, evening + timedelta(hours=2))
        for day, published in enumerate(storm.after, 2):
            _count(cloud, published)
            _evaluate(cloud, START + day * DAY)
        course.ages.append(longest)
        alerts = received(cloud.client("sqs"), url)
        course.exact = check(storm, counters(cloud.client("dynamodb"), cloud.resources["CountersTable"]), alerts)
        course.alerts = len(alerts)
    return course


def _count(cloud: LocalCloud, published: Sequence[Published]) -> None:
    for topic, messages in by_topic(published).items():
        cloud.publish_all(TOPICS[Topic(topic)], messages)
    cloud.deliver()


def _evaluate(cloud: LocalCloud, now: datetime) -> None:
    for run in cloud.tick(now, ["EvaluateReputation"]):
        if run.error:
            raise WentWrong(f"an evaluation failed: {run.error}")
