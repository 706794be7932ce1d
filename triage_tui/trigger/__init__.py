"""The AWS Lambda function that watches when nobody is looking at a terminal.

The same formats, compiled rules, planner and journal as the program. What comes from Lambda is
understood in `payloads`, matched in `watch`, held together over invocations in `windows` and
`claims`, told in `alerts`, acted on in `acting`. All of that is pure or talks to `ports`; `drivers`
alone knows boto3.
"""
