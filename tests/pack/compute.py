"""The compute rules: both sides of each."""

from __future__ import annotations

from .cases import Case, series
from .trail import ACCOUNT, ANNA, CLI, OTHER, PIPELINE, Json, call, session, through

TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io)"
STACK = through(PIPELINE, "cloudformation.amazonaws.com")
SCALING = through(PIPELINE, "autoscaling.amazonaws.com")
LAYER = f"arn:aws:lambda:eu-west-1:{OTHER}:layer:helper:1"


def _attribute(number: int, attribute: str = "userData") -> bytes:
    request: dict[str, object] = {"instanceId": f"i-{number:08d}", "attribute": attribute}
    return call("ec2", "DescribeInstanceAttribute", request, at=number, read_only=True)


def _password(number: int) -> bytes:
    request: dict[str, object] = {"instanceId": f"i-{number:08d}"}
    return call("ec2", "GetPasswordData", request, at=number, read_only=True)


def _ssh_key(number: int) -> bytes:
    request: dict[str, object] = {"instanceId": f"i-{number:08d}", "instanceOSUser": "ec2-user"}
    return call("ec2-instance-connect", "SendSSHPublicKey", request, at=number)


def _command(number: int, document: str = "AWS-RunShellScript") -> bytes:
    request: dict[str, object] = {"documentName": document, "instanceIds": ["i-0a1b"]}
    return call("ssm", "SendCommand", request, at=number)


def _session(number: int) -> bytes:
    return call("ssm", "StartSession", {"target": f"i-{number:08d}"}, at=number)


def _run(number: int, size: str = "t3.micro") -> bytes:
    return call("ec2", "RunInstances", {"instanceType": size, "minCount": 1}, at=number)


def _layers(who: dict[str, object]) -> bytes:
    request: dict[str, object] = {"functionName": "orders-api", "layers": [LAYER]}
    return call("lambda", "UpdateFunctionConfiguration20150331v2", request, who=who)


def _model(number: int, model: str, error: str | None = "AccessDenied") -> bytes:
    return call("bedrock", "InvokeModel", {"modelId": model}, at=number, error=error)


INSTANCES = (
    Case("Start script of an instance read", [_attribute(1)], [_attribute(1, "instanceType")]),
    Case(
        "Start scripts of many instances read",
        series(6, _attribute),
        [*series(4, _attribute), *series(9, lambda n: _attribute(n, "disableApiTermination"))],
    ),
    Case(
        "Windows password of an instance read",
        [_password(1)],
        [call("ec2", "GetConsoleOutput", {"instanceId": "i-0a1b"}, read_only=True)],
    ),
    Case("Windows passwords of many instances read", series(6, _password), series(3, _password)),
    Case(
        "Start script of an instance changed",
        [call("ec2", "ModifyInstanceAttribute", {"instanceId": "i-0a1b", "userData": "<x>"})],
        [
            call(
                "ec2",
                "ModifyInstanceAttribute",
                {"instanceId": "i-0a1b", "instanceType": {"value": "t3.small"}},
            )
        ],
    ),
    Case(
        "Metadata service of an instance weakened",
        [
            call(
                "ec2",
                "ModifyInstanceMetadataOptions",
                {"ModifyInstanceMetadataOptionsRequest": {"HttpTokens": "optional"}},
            )
        ],
        [
            call(
                "ec2",
                "ModifyInstanceMetadataOptions",
                {"ModifyInstanceMetadataOptionsRequest": {"HttpTokens": "required"}},
            )
        ],
    ),
    Case(
        "Role given to a running instance",
        [call("ec2", "AssociateIamInstanceProfile", {"instanceId": "i-0a1b"})],
        [call("ec2", "DescribeIamInstanceProfileAssociations", read_only=True)],
    ),
    Case(
        "Serial console of instances opened",
        [call("ec2", "EnableSerialConsoleAccess")],
        [call("ec2", "DisableSerialConsoleAccess")],
    ),
    Case(
        "SSH key sent to an instance",
        [_ssh_key(1)],
        [call("ec2-instance-connect", "OpenTunnel", {"instanceId": "i-0a1b"})],
    ),
    Case("SSH keys sent to several instances", series(3, _ssh_key), [_ssh_key(1)] * 4),
    Case(
        "Command run on instances",
        [_command(1)],
        [_command(1, "AWS-UpdateSSMAgent")],
    ),
    Case("Commands run on instances in series", series(6, _command), series(3, _command)),
    Case("Session opened on several instances", series(6, _session), [_session(1)] * 8),
    Case(
        "Document of Systems Manager made public",
        [call("ssm", "ModifyDocumentPermission", {"accountIdsToAdd": ["all"]})],
        [call("ssm", "ModifyDocumentPermission", {"accountIdsToAdd": [OTHER]})],
    ),
    Case(
        "Instances for heavy computing started",
        [_run(1, "p5.48xlarge")],
        [_run(1), call("ec2", "RunInstances", {"instanceType": "g5.xlarge"}, who=SCALING)],
    ),
    Case("Instances started in series", series(12, _run), series(5, _run)),
    Case(
        "Many instances ended",
        series(12, lambda n: call("ec2", "TerminateInstances", {"instancesSet": {}}, at=n)),
        series(4, lambda n: call("ec2", "TerminateInstances", {"instancesSet": {}}, at=n)),
    ),
)

FUNCTIONS = (
    Case(
        "Code of a function replaced by a user",
        [
            call("lambda", "UpdateFunctionCode20150331v2", {"functionName": "orders-api"}, who=who)
            for who in (ANNA, session("AWSReservedSSO_Developer_0a1b", "anna@example.com"))
        ],
        [
            call(
                "lambda",
                "UpdateFunctionCode20150331v2",
                {"functionName": "orders-api"},
                who=PIPELINE,
            )
        ],
    ),
    Case(
        "Code of a function replaced",
        [call("lambda", "UpdateFunctionCode20150331v2", {"functionName": "x"}, who=PIPELINE)],
        [
            call(
                "lambda",
                "UpdateFunctionCode20150331v2",
                {"functionName": "x", "dryRun": True},
                who=PIPELINE,
            )
        ],
    ),
    Case(
        "Layer added to a function",
        [_layers(ANNA)],
        [
            _layers(PIPELINE),
            call(
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                {"functionName": "orders-api", "timeout": 30},
            ),
        ],
    ),
    Case("Layer added to a function by a role", [_layers(PIPELINE)], [_layers(ANNA)]),
    Case(
        "Function may be called by everybody",
        [call("lambda", "CreateFunctionUrlConfig", {"functionName": "x", "authType": "NONE"})],
        [call("lambda", "CreateFunctionUrlConfig", {"functionName": "x", "authType": "AWS_IAM"})],
    ),
    Case(
        "Function opened to another account",
        [call("lambda", "AddPermission20150331v2", {"functionName": "x", "principal": OTHER})],
        [
            call("lambda", "AddPermission20150331v2", {"functionName": "x", "principal": ACCOUNT}),
            call(
                "lambda",
                "AddPermission20150331v2",
                {"functionName": "x", "principal": "events.amazonaws.com"},
            ),
        ],
    ),
    Case(
        "Task made to fetch credentials or to mine",
        [
            call(
                "ecs",
                "RegisterTaskDefinition",
                {"containerDefinitions": [{"image": "x", "command": ["xmrig", "-o", "pool"]}]},
            )
        ],
        [
            call(
                "ecs",
                "RegisterTaskDefinition",
                {"containerDefinitions": [{"image": "orders", "command": ["serve"]}]},
            )
        ],
    ),
    Case(
        "Cluster opened to another principal",
        [
            call(
                "eks",
                "AssociateAccessPolicy",
                {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"},
            )
        ],
        [
            call(
                "eks",
                "AssociateAccessPolicy",
                {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"},
            )
        ],
    ),
    Case(
        "Sending of e-mail looked into",
        [call("ses", "GetSendQuota", read_only=True)],
        [call("ses", "GetSendQuota", read_only=True, who=SCALING)],
    ),
)

BEDROCK = (
    Case(
        "Tries out which models it may use",
        series(4, lambda n: _model(n, f"vendor.model-{n}")),
        [
            *series(9, lambda n: _model(n, "vendor.model-1")),
            *series(4, lambda n: _model(n, f"vendor.model-{n}", None)),
        ],
    ),
    Case(
        "Access to models asked for",
        [call("bedrock", "PutUseCaseForModelAccess", {"formData": "x"})],
        [call("bedrock", "ListFoundationModels", read_only=True)],
    ),
    Case(
        "User asks whether models are logged",
        [call("bedrock", "GetModelInvocationLoggingConfiguration", read_only=True)],
        [call("bedrock", "GetModelInvocationLoggingConfiguration", read_only=True, who=PIPELINE)],
    ),
    Case(
        "Guard of a model removed",
        [call("bedrock", "DeleteGuardrail", {"guardrailIdentifier": "x"})],
        [call("bedrock", "CreateGuardrail", {"name": "x"})],
    ),
    Case(
        "Models called in series by a user's key",
        series(220, lambda n: _model(n, "vendor.model-1", None)),
        series(90, lambda n: _model(n, "vendor.model-1", None)),
    ),
)


def _function(number: int, who: Json = ANNA, agent: str = CLI) -> bytes:
    request = {"functionName": f"job-{number}"}
    name = "GetFunction20150331v2"
    return call("lambda", name, request, at=number, who=who, agent=agent, read_only=True)


def _cluster(*ranges: str) -> bytes:
    config = {"endpointPublicAccess": True, "publicAccessCidrs": list(ranges)}
    return call("eks", "UpdateClusterConfig", {"resourcesVpcConfig": config})


def _association(document: str) -> bytes:
    return call("ssm", "CreateAssociation", {"name": document, "instanceId": "i-0a1b"})


WORK = (
    Case(
        "Many functions fetched",
        series(16, _function),
        [
            *series(30, lambda n: _function(n, agent=TERRAFORM)),
            *series(30, lambda n: _function(n, STACK)),
            *series(9, _function),
        ],
    ),
    Case(
        "Container image pushed by a user",
        [call("ecr", "PutImage", {"repositoryName": "orders", "imageTag": "latest"})],
        [call("ecr", "PutImage", {"repositoryName": "orders"}, who=PIPELINE)],
    ),
    Case(
        "Build told to run something else",
        [
            call(
                "codebuild", "StartBuild", {"projectName": "x", "buildspecOverride": "version: 0.2"}
            )
        ],
        [
            call("codebuild", "StartBuild", {"projectName": "x", "sourceVersion": "main"}),
            call(
                "codebuild",
                "StartBuild",
                {"projectName": "x", "imageOverride": "y"},
                who=through(PIPELINE, "codepipeline.amazonaws.com"),
            ),
        ],
    ),
    Case(
        "Command run in a container",
        [call("ecs", "ExecuteCommand", {"command": "sh", "interactive": True})],
        [call("ecs", "DescribeTasks", read_only=True)],
    ),
    Case(
        "Cluster's API opened to the internet",
        [_cluster("0.0.0.0/0")],
        [_cluster("198.51.100.0/24")],
    ),
    Case(
        "Notebook or shell for developers opened",
        [
            call("sagemaker", "CreatePresignedNotebookInstanceUrl"),
            call("cloudshell", "GetFileDownloadUrls"),
        ],
        [call("sagemaker", "DescribeNotebookInstance", read_only=True)],
    ),
    Case(
        "Sending of text messages looked into",
        [call("sns", "GetSMSAttributes", read_only=True)],
        [
            call("sns", "GetSMSAttributes", read_only=True, who=SCALING),
            call("sns", "GetTopicAttributes", read_only=True),
        ],
    ),
    Case(
        "Higher limits asked for",
        [call("servicequotas", "RequestServiceQuotaIncrease", {"quotaCode": "L-417A185B"})],
        [call("servicequotas", "GetServiceQuota", read_only=True)],
    ),
    Case(
        "Stacks deleted in series",
        series(6, lambda n: call("cloudformation", "DeleteStack", {"stackName": f"s{n}"}, at=n)),
        series(2, lambda n: call("cloudformation", "DeleteStack", {"stackName": f"s{n}"}, at=n)),
    ),
    Case(
        "Command left for instances to run",
        [_association("AWS-RunShellScript")],
        [
            _association("AWS-GatherSoftwareInventory"),
            call("ssm", "CreateAssociation", {"name": "AWS-RunShellScript"}, who=STACK),
            call("ssm", "DescribeDocument", {"name": "AWS-RunShellScript"}, read_only=True),
        ],
    ),
    Case(
        "Instance no longer kept from its end",
        [
            call(
                "ec2",
                "ModifyInstanceAttribute",
                {"instanceId": "i-0a1b", "disableApiTermination": {"value": False}},
            )
        ],
        [
            call(
                "ec2",
                "ModifyInstanceAttribute",
                {"instanceId": "i-0a1b", "disableApiTermination": {"value": True}},
            )
        ],
    ),
    Case(
        "Lasting key for Bedrock made",
        [
            call(
                "iam",
                "CreateServiceSpecificCredential",
                {"userName": "x", "serviceName": "bedrock.amazonaws.com"},
            )
        ],
        [
            call(
                "iam",
                "CreateServiceSpecificCredential",
                {"userName": "x", "serviceName": "codecommit.amazonaws.com"},
            )
        ],
    ),
)

CASES = (*INSTANCES, *FUNCTIONS, *BEDROCK, *WORK)
