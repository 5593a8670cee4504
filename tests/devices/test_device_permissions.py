"""The device API refuses by default."""

from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView


class Forgotten(APIView):
    """A view whose author named no permission."""

    def get(self, _request):
        return Response({})


def test_view_without_permissions_refuses():
    answer = Forgotten.as_view()(APIRequestFactory().get("/"))
    assert answer.status_code in {401, 403}
